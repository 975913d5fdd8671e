// 中文: what a client decided.

import { zh as said } from "./decisions.js";
import { under } from "../../words.js";

export default {
  ...under("said", said),
  "said": "{parts}",
  "said.text": "{words}",
  "nth.1": "1",
  "nth.2": "2",
  "nth.3": "3",
  "nth.more": "{n}",
  "why.other": "{wanted}{next}（{because}）。在此之前由{now}接收，什么都没有丢。",
  "why.fails": "正在使用，但刚才失败过：{because}。",
  "why.silent": "已有 {ago} 秒没有收到任何东西。到 {when} 仍没有，就算失败。",
  "why.retry": "现在没有连接在接收：{because}。第 {attempt} 次尝试在 {when} 开始。",
  "why.trying": "现在没有连接在接收：{because}。正在做第 {attempt} 次尝试。",
  "why.ended": "服务器不再接受这个客户端。重新加载页面会有一个新的。",
  "why.unknown": "它还没有通过",
  "why.wanted.resting": "休息到 {when}",
  "why.wanted.waits": "将在 {when} 再试",
  "why.wanted.trying": "正在尝试",
  "why.wanted.probation": "正在试用",
  "why.wanted.refused": "被服务器拒绝",
  "why.wanted.absent": "不在这个浏览器里",
  "why.wanted.ready": "不久会再试",
};
