// The class panel in Chinese.

export default {
  "class.closed": "现在只有这台电脑能打开这间实验室：在终端里结束它，改用“make class”启动，同一网络里的人就都能进来。",
  "class.silent": "实验室没有说出它的地址：{why}。合上再打开，就会再问一次。",
  "class.lead": "扫这个二维码，或输入地址。",
  "class.lead.set": "扫这个二维码：打开的页面与现在的设置一样。只输入地址，打开的是最初的样子。",
  "class.lead.lesson": "扫这个二维码：打开第 {lesson} 课的第 {step} 步。只输入地址，打开的是最初的样子。",
  "class.which": "如果打不开，换一个地址试试",
  "class.opens": "二维码打开什么",
  "class.opens.lesson": "一课",
  "class.opens.experiment": "这个实验，与这里的设置一样",
  "class.opens.start": "最初的样子",
  "class.lesson": "哪一课",
  "class.group": "说的话谁能听到",
  "class.group.together": "所有人在同一个房间",
  "class.group.own": "每部手机各用各的房间",
  "class.link": "二维码里的链接，用本页的语言",
  "class.code": "{href} 的二维码",
  "class.nocode": "这个链接做不成二维码：{why}。",
  "class.hint": "大家要和这台电脑在同一个网络里。如果防火墙挡着，或者 Wi-Fi 把访客互相隔开，就谁也进不来：这时可以用热点。",
  "class.guide": "教师手册",
};
