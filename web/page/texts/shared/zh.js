// What is said where several servers share a log, in Chinese.

export default {
  "shared": "几个服务器共用本页的日志，请求轮流交给它们。服务器统计的数字来自服务器 {name}，它是 {count} 个中的一个。故障网络只能放在其中一个前面，所以这里不提供。第 10 课就是为此准备的；别的课请在单独的实验室里上（make run）。",
};
