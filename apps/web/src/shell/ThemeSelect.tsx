import { chooseTheme, useThemeChoice, type ThemeChoice } from './theme.ts';

export function ThemeSelect() {
  return (
    <select aria-label="Theme" className="quiet-select" value={useThemeChoice()} onChange={(event) => chooseTheme(event.target.value as ThemeChoice)}>
      <option value="system">System</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  );
}
