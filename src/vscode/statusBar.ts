import * as vscode from 'vscode';
import type { Activity, ActivityCounts } from './activity';
import { COMMANDS } from './contributions';
import { statusBarLook } from './statusBarLook';

/** The one item of the status bar: how much is running; a click shows the tree. */
export function createStatusBar(activity: Activity): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('fanout.status', vscode.StatusBarAlignment.Left, 0);
  item.name = 'Fanout';
  item.command = COMMANDS.showAgents;
  const show = (counts: ActivityCounts) => {
    const { text, tooltip, warning } = statusBarLook(counts);
    item.text = text;
    item.tooltip = tooltip;
    item.accessibilityInformation = { label: tooltip };
    item.backgroundColor = warning ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
  };
  show(activity.counts);
  item.show();
  return vscode.Disposable.from(item, activity.onDidChange(show));
}
