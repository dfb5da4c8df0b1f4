import { Head } from '../../parts';
import { t } from '../../texts';

export default function Projects() {
    return <Head title={t('projects')} />;
}
