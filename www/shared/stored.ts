import { effect, signal, type Signal } from '@preact/signals';

/**
 * Makes signals that localStorage keeps, each app's below its name. Where storage is refused (private mode, a policy)
 * they live as long as the page.
 */
export function storedFor(app: string): (key: string, initial: string) => Signal<string> {
  return (key, initial) => {
    const name = `${app}:${key}`;
    const value = signal(read(name) ?? initial);
    effect(() => write(name, value.value));
    return value;
  };
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
