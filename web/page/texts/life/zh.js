// 中文: what befalls a client.

export default {
  "life.connecting": "{transport} 打开了通道，等它的第一批消息。",
  "life.connect": "已连接，方式：{transport}。",
  "life.connect.again": "已连接，方式：{transport}；什么都没有丢。",
  "life.disconnect": "连接断开：{reason}。",
  "life.reconnecting": "等了 {wait}，开始第 {attempt} 次尝试。",
  "life.reconnect": "服务器又回答了，方式：{transport}。",
  "life.connect_failed": "第一轮里每种传输方式都失败了。继续尝试。",
  "life.error": "出错：{reason}。",
  "life.switch": "{from} 让位给 {to}：{why}。",
  "life.switch.same": "{to} 换了一条线继续：{why}。",
  "life.gap": "可能丢了消息，最多 {missed} 条：{reason}。",
  "life.gap.unknown": "可能丢了消息，不知道多少条：{reason}。",
  "reason.trimmed": "服务器只留这么多，它们太旧了",
  "reason.away": "这个客户端离开得太久，服务器不记得它了",
  "reason.epoch": "服务器开始了新的一生，日志也是新的",
  "reason.future": "这个客户端读到的比服务器写下的还远",
  "reason.unknown": "没有给出原因",
};
