// The English texts of the doors.

export default {
  "rooms.name": "Room",
  "rooms.join": "Join",
  "rooms.leave": "Leave",
  "rooms.none": "In no room. Join one to talk to those in it only.",
  "rooms.joined": "{name} came into {room}.",
  "rooms.left": "{name} left {room}.",
  "rooms.refused": "Not done: {why}.",
};
