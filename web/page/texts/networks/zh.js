// 中文: how a network is chosen.

export default {
  "network": "网络",
  "network.spares": "它不影响这个座位现在使用的{transport}。",
  "network.parameter": "参数 {letters}（{unit}）",
  "network.s": "秒",
  "network.ms": "毫秒",
  "network.probability": "概率",
};
