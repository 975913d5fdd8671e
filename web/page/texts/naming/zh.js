// 中文: how a person in a class is asked for a name.

export default {
  "naming": "你叫什么名字？大家会在你说的话旁边看到它。",
  "naming.done": "就叫这个",
  "naming.second": "{name} 2",
};
