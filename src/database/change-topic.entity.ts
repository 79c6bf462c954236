import { Column, Entity, PrimaryColumn } from 'typeorm';

/** See `nextRevision`. */
@Entity('change_topic')
export class ChangeTopicEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'change_topic_pkey' })
  topic!: string;
  @Column('bigint')
  revision!: string;
}

export const databaseEntities = [ChangeTopicEntity];
