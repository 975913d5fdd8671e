// How a network is chosen, in English.

export default {
  "network": "Network",
  "network.spares": "It does not touch {transport}, by which this seat reads now.",
  "network.parameter": "Its {letters}, in {unit}",
  "network.s": "s",
  "network.ms": "ms",
  "network.probability": "probability",
};
