import { useEffect, useRef, useState } from 'preact/hooks';

/** A button that asks once more in its own place: no dialog comes up and no focus is taken away. */
export function ConfirmButton({ label, question, confirm, disabled, onConfirm }: {
  label: string;
  question: string;
  confirm: string;
  disabled?: boolean;
  onConfirm: () => void;
}) {
  const [asking, setAsking] = useState(false);
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (asking) keep.current?.focus();
  }, [asking]);
  if (!asking) {
    return <button type="button" class="quiet" disabled={disabled} onClick={() => setAsking(true)}>{label}</button>;
  }
  return (
    <span class="confirm" role="group" aria-label={question} onKeyDown={(event) => event.key === 'Escape' && setAsking(false)}>
      <span class="confirm-question">{question}</span>
      <button type="button" class="danger" onClick={() => { setAsking(false); onConfirm(); }}>{confirm}</button>
      <button type="button" ref={keep} onClick={() => setAsking(false)}>Keep</button>
    </span>
  );
}
