/* The names of the projects that one may see: kept for the whole page, because nearly every form and filter asks for them. */
import { effect, signal } from '@preact/signals';
import { list, may, who } from './api';
import { onChange } from './live';

export const projects = signal<string[]>([]);

let loading: Promise<void> | null = null; /* who is here and the stream's beginning both ask, at the same time */

function load(): Promise<void> {
    loading ??= list<{ name: string }>('/projects', { $top: 1000, $orderby: 'name asc' }).then((found) => { projects.value = found.rows.map((p) => p.name); }).finally(() => { loading = null; });
    return loading;
}

export function startProjects(): void {
    onChange(['projects', 'members'], () => void load().catch(() => undefined)); /* also when the stream begins */
    effect(() => { if (who.value) void load().catch(() => undefined); else projects.value = []; });
}

export const mayDevelopIn = (): string[] => projects.value.filter((name) => may('develop', name));
export const mayExecuteSomewhere = (): boolean => projects.value.some((name) => may('execute', name));
/* The project that a form begins with. */
export const firstProject = (): string => mayDevelopIn()[0] ?? projects.value[0] ?? 'default';
