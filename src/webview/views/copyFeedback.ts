const SHOWN_MS = 1200;

/** Copies, and shows a tick in place of the button's copy icon for a moment. */
export function copyWithFeedback(button: HTMLElement, text: string): void {
  const icon = button.querySelector('.codicon');
  navigator.clipboard.writeText(text).then(
    () => {
      icon?.classList.replace('codicon-copy', 'codicon-check');
      setTimeout(() => icon?.classList.replace('codicon-check', 'codicon-copy'), SHOWN_MS);
    },
    (error: unknown) => console.error('The code could not be copied:', error),
  );
}
