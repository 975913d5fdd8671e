// The texts of the doors, in Chinese.

export default {
  "rooms.name": "房间名",
  "rooms.join": "加入",
  "rooms.leave": "离开",
  "rooms.none": "不在任何房间。加入一个，就可以只对里面的人说话。",
  "rooms.joined": "{name} 进了 {room}。",
  "rooms.left": "{name} 离开了 {room}。",
  "rooms.refused": "没有做成：{why}。",
};
