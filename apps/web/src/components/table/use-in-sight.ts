import { useEffect, useRef, type RefObject } from 'react';

/** Brings what a choice has opened into sight, when it lies in the lower part of the window or below it. */
export function useInSight<E extends HTMLElement>(): RefObject<E | null> {
  const ref = useRef<E>(null);
  useEffect(() => {
    const element = ref.current;
    if (element === null || element.getBoundingClientRect().top < window.innerHeight * 0.6) return;
    // Not as the effect's result: in newer browsers it is a promise.
    element.scrollIntoView({ block: 'start' });
  }, []);
  return ref;
}
