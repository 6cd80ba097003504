import { isProvided } from './cache.js';
import {
  canUnpackPackages,
  kcatAdvice,
  kcatRecipe,
  onPath,
  prometheusAdvice,
  prometheusRecipe,
} from './component-recipes.js';

/** Programs that come from packages of Debian where they are not installed. */
const packaged = [
  { name: 'kcat', recipe: kcatRecipe, advice: kcatAdvice },
  { name: 'prometheus', recipe: prometheusRecipe, advice: prometheusAdvice },
  { name: 'promtool', recipe: prometheusRecipe, advice: prometheusAdvice },
];

/** A line with how to get it for each that is neither there nor can be fetched. */
export async function missingPackagedPrograms(): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const { name, recipe, advice } of packaged) {
    const obtainable = onPath(name) !== undefined || canUnpackPackages() || (await isProvided(recipe));
    if (!obtainable) missing.push(advice);
  }
  return [...new Set(missing)];
}
