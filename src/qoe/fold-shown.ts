import type { ShownMedia } from '../session/shown-media.ts';
import type { Timeline } from '../session/timeline.ts';

/**
 * Folds over the media of a session, stretch by stretch, computing only what is new: stretches that are over are
 * remembered, the one that may go on is added each time. Pure in effect: a timeline gives the same whatever was asked before.
 *
 * @param start what there is before the first stretch
 * @param step the next state; must not change the one it is given
 */
export function foldShown<State>(
  start: State,
  step: (state: State, media: ShownMedia, timeline: Timeline) => State,
): (timeline: Timeline) => State {
  const memories = new WeakMap<object, { count: number; state: State }>();
  return (timeline) => {
    const { shown, showing } = timeline;
    const known = memories.get(shown.root);
    let { count, state } = known && known.count <= shown.length ? known : { count: 0, state: start };
    for (; count < shown.length; count += 1) state = step(state, shown.at(count) as ShownMedia, timeline);
    if (count > (known?.count ?? 0)) memories.set(shown.root, { count, state });
    return showing === null ? state : step(state, showing, timeline);
  };
}
