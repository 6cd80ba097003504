import { isProvided } from './cache.js';
import {
  canUnpack,
  kcatAdvice,
  kcatRecipe,
  onPath,
  prometheusAdvice,
  prometheusRecipe,
} from './component-recipes.js';

/** Programs that come from packages of Debian where they are not installed. */
const packaged = [
  { name: 'kcat', from: 'kcat', recipe: kcatRecipe, advice: kcatAdvice },
  { name: 'prometheus', from: 'prometheus', recipe: prometheusRecipe, advice: prometheusAdvice },
  { name: 'promtool', from: 'prometheus', recipe: prometheusRecipe, advice: prometheusAdvice },
];

/** A line with how to get it for each that is neither there nor can be fetched. */
export async function missingPackagedPrograms(): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const { name, from, recipe, advice } of packaged) {
    const obtainable = onPath(name) !== undefined || (await isProvided(recipe)) || canUnpack(from);
    if (!obtainable) missing.push(advice);
  }
  return [...new Set(missing)];
}
