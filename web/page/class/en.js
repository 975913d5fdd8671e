// The class panel in English.

export default {
  "class.closed": "Only this computer can open this lab now: end it in its terminal and start it with “make class”, and everybody on your network can.",
  "class.silent": "The lab did not say where it can be found: {why}. Close this and open it again to ask once more.",
  "class.lead": "Scan the code, or type the address.",
  "class.lead.set": "Scan the code: it opens this page as it is set now. The address alone opens it as it is at first.",
  "class.which": "If that one cannot be reached, try another",
  "class.link": "The link in the code",
  "class.code": "A QR code of {href}",
  "class.nocode": "This link makes no code: {why}.",
  "class.hint": "Everybody must be on the same network as this computer. A firewall before it, or a Wi-Fi that keeps its guests apart, lets nobody in.",
};
