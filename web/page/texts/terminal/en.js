// The lines for a terminal in English.

export default {
  "curl.listen": "Listen over sse",
  "curl.ask": "Ask once over poll: what was said lately, and a cursor",
  "curl.wait": "Wait for news over longpoll (put in the cursor)",
  "curl.speak": "Say hello (raise n each time: the same n counts once)",
  "curl.hello": "hello from a terminal",
};
