import { Head } from '../../parts';
import { t } from '../../texts';

export default function ProjectPage() {
    return <Head title={t('projects')} />;
}
