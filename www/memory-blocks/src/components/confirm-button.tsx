import { useEffect, useRef, useState } from 'preact/hooks';

/** A button that asks once more in its own place: no dialog comes up and no focus is taken away. */
export function ConfirmButton({ label, question, confirm, keep = 'Keep', disabled, onConfirm }: {
  label: string;
  question: string;
  confirm: string;
  keep?: string;
  disabled?: boolean;
  onConfirm: () => void;
}) {
  const [asking, setAsking] = useState(false);
  const first = useRef<HTMLButtonElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const was = useRef(false);
  useEffect(() => {
    if (asking) first.current?.focus();
    else if (was.current) opener.current?.focus();
    was.current = asking;
  }, [asking]);
  if (!asking) return <button type="button" ref={opener} disabled={disabled} onClick={() => setAsking(true)}>{label}</button>;
  return (
    <span class="confirm" role="group" aria-label={question} onKeyDown={(event) => event.key === 'Escape' && setAsking(false)}>
      <span class="confirm-question">{question}</span>
      <button type="button" class="danger" onClick={() => { setAsking(false); onConfirm(); }}>{confirm}</button>
      <button type="button" ref={first} onClick={() => setAsking(false)}>{keep}</button>
    </span>
  );
}
