/** The same build of shaka-player that the engine uses. */
export async function loadShaka() {
  const { default: shaka } = await import('shaka-player/dist/shaka-player.compiled-es2021.js');
  shaka.polyfill.installAll();
  return shaka;
}
