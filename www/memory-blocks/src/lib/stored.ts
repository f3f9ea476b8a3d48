import { effect, signal, type Signal } from '@preact/signals';

/** A signal that localStorage keeps. Where storage is refused (private mode, a policy) it lives as long as the page. */
export function stored(key: string, initial: string): Signal<string> {
  const name = `memory-blocks:${key}`;
  const value = signal(read(name) ?? initial);
  effect(() => write(name, value.value));
  return value;
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function write(name: string, text: string): void {
  try {
    localStorage.setItem(name, text);
  } catch {
    // Refused or full: what was typed stays on the page.
  }
}
