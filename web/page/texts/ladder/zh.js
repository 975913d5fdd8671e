// The Chinese texts of the ladder, as it is drawn.

export default {
  "rung.reads": "正在读",
  "rung.probation": "试用中：要活过 5 s",
  "rung.beside": "继续读，直到另一个站稳",
  "rung.trying": "正在尝试",
  "rung.refused": "被服务器拒绝",
  "rung.resting": "休息到 {when}：{why}",
  "rung.waits": "等到 {when}",
  "rung.ready": "现在没有在尝试",
  "rung.works": "以前在这里可用",
  "rung.fails": "在更低一级正常送达时失败了 {count} 次：{why}",
  "rung.absent": "这个浏览器没有它",
  "rung.beat": "每 {beat} s 跳一次",
  "act.cut": "现在剪断",
  "act.retry": "现在再试",
  "act.forget": "忘掉学到的",
  "fact.first": "首条消息用时",
  "fact.silence": "切换时的静默（最近、最长）",
  "fact.repeats": "丢弃的重复",
  "fact.none": "还没有",
};
