// The class panel in Chinese.

export default {
  "class.closed": "现在只有这台电脑能打开这间实验室：在终端里结束它，改用“make class”启动，同一网络里的人就都能进来。",
  "class.silent": "实验室没有说出它的地址：{why}。合上再打开，就会再问一次。",
  "class.lead": "扫这个二维码，或输入地址。",
  "class.lead.set": "扫这个二维码：打开的页面与现在的设置一样。只输入地址，打开的是最初的样子。",
  "class.which": "如果打不开，换一个地址试试",
  "class.link": "二维码里的链接",
  "class.code": "{href} 的二维码",
  "class.nocode": "这个链接做不成二维码：{why}。",
  "class.hint": "大家要和这台电脑在同一个网络里。如果防火墙挡着，或者 Wi-Fi 把访客互相隔开，就谁也进不来。",
};
