// 中文: what the experiment that breaks a WebSocket says.

export default {
  "broken.now": "现在，网络会切断{name}的每一个 WebSocket 连接。",
  "broken.fell": "网络切断了{name}的 WebSocket。{gap} 后{name}改用另一种方式（{to}），从最后收到的那条消息接着收。",
  "broken.fell.at.once": "网络切断了{name}的 WebSocket。{name}立即改用另一种方式（{to}），从最后收到的那条消息接着收。",
  "broken.count": "{arrived}{tried}",
  "broken.none": "此后还没有消息。",
  "broken.all": "此后共 {count} 条消息，全部按顺序到达，没有重复：什么都没有丢。",
  "broken.lost": "此后共 {count} 条消息，丢失 {lost} 条，重复 {again} 条。",
  "broken.untried": "",
  "broken.tried": "WebSocket 被切断了 {count} 次，客户端会再试（{last}）。",
  "broken.rests": "WebSocket 被切断了 {count} 次（{last}）；客户端让它休息，将在 {when} 再试。",
};
