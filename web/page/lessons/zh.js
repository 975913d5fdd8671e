// The lessons panel in Chinese.

export default {
  "lessons.lead": "每一课先提一个问题，让你猜，再在你自己的连接上运行，然后解释你看到的。",
  "lessons.title": "第 {number} 课：{title}",
  "lessons.begin": "开始",
  "lessons.goon": "从第 {step} 步继续",
  "lessons.all": "全部课程",
  "lessons.steps": "这一课的步骤",
  "lessons.ask": "问题",
  "lessons.predict": "猜",
  "lessons.run": "运行",
  "lessons.see": "看",
  "lessons.explain": "为什么",
  "lessons.code": "代码",
  "lessons.exercise": "练习",
  "lessons.before": "上一步",
  "lessons.after": "下一步",
  "lessons.browser": "浏览器",
  "lessons.age": "{ms} ms",
  "lessons.silent": "课程没有来：{why}。合上再打开，就会再要一次。",
};
