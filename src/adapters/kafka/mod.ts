export { createKafkaBus } from './kafka-bus.ts';
export { type KafkaLogin, type KafkaOptions, type KafkaTls, SASL_MECHANISMS } from './kafka-connection.ts';
export { createKafkaMembership, type MembershipOptions } from './kafka-membership.ts';
export { createKafkaSource } from './kafka-source.ts';
