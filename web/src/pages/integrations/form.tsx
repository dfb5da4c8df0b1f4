/* A custom integration's draft: new or changed. */
import { useState } from 'preact/hooks';
import { P, call } from '../../api';
import type { Integration } from '../../model';
import { Choice, Dialog, Field, Text, Trouble, useAction } from '../../parts';
import { firstProject, mayDevelopIn } from '../../projects';
import { t } from '../../texts';

const BEGIN = `runtime: shell
code: |
  echo "hello $who"
  greeting="hello $who"
inputProperties:
- name: who
  type: text
  required: true
outputProperties:
- name: greeting
  type: label
`;

export function IntegrationForm({ old, close }: { old: Integration | null; close: () => void }) {
    const [d, setDraft] = useState({ project: old?.project ?? firstProject(), name: old?.name ?? '', description: old?.description ?? '', yaml: old?.yaml ?? BEGIN });
    const set = (some: Partial<typeof d>) => setDraft((before) => ({ ...before, ...some }));
    const { busy, problem, run } = useAction();
    const wrong = (field: string) => (problem?.field === field ? problem.message : '');
    const inYaml = ['yaml', 'runtime', 'code', 'inputProperties', 'outputProperties'].includes(problem?.field ?? '');
    const save = () => run(async () => {
        await call(old ? 'PUT' : 'POST', `${P}/custom-integrations${old ? `/${old.id}` : ''}`, { ...d, name: d.name.trim() });
        close();
    });
    return (
        <Dialog title={old ? old.name : t('newIntegration')} close={close} wide>
            <form onSubmit={(e) => { e.preventDefault(); e.stopPropagation(); save(); }}>
                {!old && <Field label={t('project')} wrong={wrong('project')}><Choice value={d.project} set={(project) => set({ project })} options={mayDevelopIn().map((p) => [p, p] as const)} /></Field>}
                <Field label={t('name')} wrong={wrong('name')}><Text required autoFocus={!old} value={d.name} set={(name) => set({ name })} /></Field>
                <Field label={t('description')}><Text value={d.description} set={(description) => set({ description })} /></Field>
                <Field label={t('integrationYaml')} hint={t('integrationYamlHint')} wrong={inYaml ? problem!.message : ''}>
                    <textarea class="code" rows={16} spellcheck={false} required value={d.yaml} onInput={(e) => set({ yaml: e.currentTarget.value })} /></Field>
                {!inYaml && !['name', 'project'].includes(problem?.field ?? '') && <Trouble problem={problem} />}
                <footer><button type="button" onClick={close}>{t('cancel')}</button><button class="primary" disabled={busy}>{t(busy ? 'saving' : 'save')}</button></footer>
            </form>
        </Dialog>
    );
}
