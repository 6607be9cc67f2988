// The ways of training that are compared. `share` of later rounds is drawn by the base model; replay: whose goods are fitted;
// lambda: drift adapter's part that is taken off; until: noisy share of the sampling steps that the adapter is on in.
export const ways = {
  today: { replay: 'all', share: 0 },
  base: {},
  'base-phi': { lambda: 0.5 },
  'base-until': { until: 0.5 },
  'base-phi-until': { lambda: 0.5, until: 0.5 },
  'base-phi1': { lambda: 1 },
  'base-phi75': { lambda: 0.75 },
  'quarter-phi': { share: 0.25, lambda: 0.5 },
  quarter: { share: 0.25 },
  'base-phi-16': { lambda: 0.5, driftBatch: 16 },
  'phi-30': { lambda: 0.5, learner: { steps: 30 } },
  'phi1-until': { lambda: 1, until: 0.5 },
  'phi-until7': { lambda: 0.5, until: 0.7 },
};
