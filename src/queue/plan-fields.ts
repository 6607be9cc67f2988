/**
 * What was done in the minutes that a round may take, as the engine planned it by its own speed before it
 * began.
 */
import { z } from 'zod';

const count = z.number().int().positive();

/** Of both kinds; `seconds`: that it was expected to take, more than the minutes where the least does. */
const bounded = { minutes: z.number().positive(), seconds: z.number().nonnegative() };

/** Images of the round, and steps of the sampler. */
const drawing = z.object({ steps: count, images: count });
/** `wanted`: what it would be without a bound. */
export const drawingPlanSchema = drawing.extend({ ...bounded, wanted: drawing });
export type DrawingPlan = z.infer<typeof drawingPlanSchema>;

/** Steps of the optimiser, rows of each, and pictures that the collapse guard looks at. */
const learning = z.object({ steps: count, batch: count, probes: count });
/** `wanted`: what it would be without a bound. */
export const learningPlanSchema = learning.extend({ ...bounded, wanted: learning });
export type LearningPlan = z.infer<typeof learningPlanSchema>;
