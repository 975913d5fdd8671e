// 中文: what a seat's settings are called.

export default {
  "nobody": "未命名",
  "name": "名字",
  "here": "谁在场",
  "here.count": "在场：{count} 人",
  "here.you": "{name}（你）",
  "here.more": "还有 {count} 人，显示更多",
  "fact.every": "短轮询每隔",
  "rooms": "房间",
  "life": "生命周期",
  "ladder": "阶梯与决定",
  "decisions": "客户端的决定",
};
