import { useCallback, useEffect, useId, useRef, type ReactNode } from 'react';
import './components.css';

export interface PopoverProps {
  /** of the button that opens it */
  text: ReactNode;
  /** the button's name to screen readers, where the text does not say of what it is */
  label?: string;
  className?: string;
  panelClass: string;
  open: boolean;
  onOpen: (open: boolean) => void;
  pressed?: boolean;
  /** `done` closes it and gives the button its focus back */
  children: (done: () => void) => ReactNode;
}

/** A button and what it opens below it. Escape and a press beside it close it; what is in it lives only while it is open. */
export function Popover({ text, label, className = '', panelClass, open, onOpen, pressed, children }: PopoverProps) {
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const done = useCallback(() => {
    onOpen(false);
    document.getElementById(`${id}-button`)?.focus();
  }, [id, onOpen]);
  useEffect(() => {
    if (!open) return;
    const outside = (event: PointerEvent) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) onOpen(false);
    };
    const escape = (event: KeyboardEvent) => {
      if (event.key === 'Escape') done();
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('keydown', escape);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('keydown', escape);
    };
  }, [open, onOpen, done]);
  return (
    <div className={`popover ${className}`} ref={box}>
      <button id={`${id}-button`} type="button" aria-label={label} aria-pressed={pressed} aria-expanded={open} aria-controls={id} onClick={() => onOpen(!open)}>
        {text}
      </button>
      <div id={id} className={panelClass} hidden={!open}>
        {open ? children(done) : null}
      </div>
    </div>
  );
}
