// The lines for a terminal in Chinese.

export default {
  "curl.listen": "用 sse 听",
  "curl.ask": "用 poll 问一次：最近说了什么，以及一个游标",
  "curl.wait": "用 longpoll 等消息（填进游标）",
  "curl.speak": "说声你好（每次把 n 加一：同一个 n 只算一次）",
  "curl.hello": "终端向大家问好",
};
