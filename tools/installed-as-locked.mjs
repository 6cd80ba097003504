/**
 * Whether npm has installed exactly what is locked.
 *
 * @param lock what package-lock.json says
 * @param installed what npm wrote into node_modules/.package-lock.json
 */
export function isInstalledAsLocked(lock, installed) {
  const wanted = Object.entries(lock.packages).filter(([path]) => path !== '');
  return wanted.every(([path, { version, integrity, optional }]) => {
    const found = installed.packages[path];
    // What is for other platforms only is not there.
    if (found === undefined) return optional === true;
    return found.version === version && found.integrity === integrity;
  });
}
