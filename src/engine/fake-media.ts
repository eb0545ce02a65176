/** A media element for unit tests: events, and the properties that engines read. */
export class FakeMedia extends EventTarget {
  currentTime = 0;
  playbackRate = 1;
  paused = true;
  seeking = false;
  readyState = 4;
  error: { readonly code: number; readonly message: string } | null = null;

  /** Sets what is given, then fires `type`. */
  say(type: string, change: Partial<FakeMedia> = {}): void {
    Object.assign(this, change);
    this.dispatchEvent(new Event(type));
  }

  /** Where an element is asked for. */
  get element(): HTMLMediaElement {
    return this as unknown as HTMLMediaElement;
  }
}
