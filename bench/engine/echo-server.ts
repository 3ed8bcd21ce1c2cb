import { fastify } from 'fastify';

// The other side of the ratio: Fastify that parses the JSON body and sends it back, nothing else.
const app = fastify({ logger: false });
app.post('/v1/authorizations', (request, reply) => reply.send(request.body));
const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`answers at ${url} \n`);
