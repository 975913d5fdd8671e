// How a network is chosen, in English.

export default {
  "network": "Network",
  "network.parameter": "Its {letters}, in {unit}",
  "network.s": "s",
  "network.ms": "ms",
  "network.probability": "probability",
};
