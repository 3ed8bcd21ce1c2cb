package palisade.peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.state.WindowStore;

/**
 * A payment above five times the mean of its card in the hour of the clock, the payment included: the rule that the bench
 * gives Palisade, as a Kafka Streams program in its own language. Arguments: brokers, application id, topic of payments,
 * topic of alerts, folder for state, processing guarantee.
 */
public final class AmountSpike {
  private static final ObjectMapper JSON = new ObjectMapper();

  private record Payment(String transactionId, long amountMinor, long occurredAtMs) {}

  private record Hour(long count, long sum, String lastId, long last) {
    boolean isSpike() {
      return count >= 3 && last > 5.0 * sum / count;
    }
  }

  private AmountSpike() {}

  /** Runs until it is ended. */
  public static void main(String[] arguments) throws InterruptedException {
    Properties settings = new Properties();
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[1]);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[4]);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, arguments[5]);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
    // With transactions an alert is seen after its commit only: its own default interval serves it better.
    boolean isExactlyOnce = StreamsConfig.EXACTLY_ONCE_V2.equals(arguments[5]);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, isExactlyOnce ? 100 : 200);
    settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    settings.put(StreamsConfig.producerPrefix("linger.ms"), 5);
    settings.put(StreamsConfig.producerPrefix("acks"), "all");

    StreamsBuilder builder = new StreamsBuilder();
    builder
        .stream(arguments[2], Consumed.with(Serdes.String(), payments()).withTimestampExtractor(new EventTime()))
        .groupByKey(Grouped.with(Serdes.String(), payments()))
        .windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofHours(1)))
        .aggregate(
            () -> new Hour(0, 0, "", 0),
            (card, payment, hour) ->
                new Hour(
                    hour.count() + 1,
                    hour.sum() + payment.amountMinor(),
                    payment.transactionId(),
                    payment.amountMinor()),
            Materialized.<String, Hour, WindowStore<Bytes, byte[]>>as("hours")
                .withKeySerde(Serdes.String())
                .withValueSerde(hours()))
        .toStream()
        .filter((card, hour) -> hour != null && hour.isSpike())
        .map((card, hour) -> org.apache.kafka.streams.KeyValue.pair(card.key(), hour.lastId()))
        .to(arguments[3], Produced.with(Serdes.String(), Serdes.String()));

    KafkaStreams streams = new KafkaStreams(builder.build(), settings);
    CountDownLatch ended = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  streams.close(Duration.ofSeconds(5));
                  ended.countDown();
                }));
    streams.start();
    System.out.println("started");
    ended.await();
  }

  /** Time of the event, as Palisade takes it, and not of the message. */
  private static final class EventTime implements TimestampExtractor {
    @Override
    public long extract(ConsumerRecord<Object, Object> message, long partitionTime) {
      return ((Payment) message.value()).occurredAtMs();
    }
  }

  private static Serde<Payment> payments() {
    Serializer<Payment> write =
        (topic, payment) -> {
          throw new UnsupportedOperationException("payments are read only");
        };
    Deserializer<Payment> read =
        (topic, bytes) -> {
          try {
            JsonNode payment = JSON.readTree(bytes);
            return new Payment(
                payment.get("transactionId").textValue(),
                payment.get("amountMinor").longValue(),
                OffsetDateTime.parse(payment.get("occurredAt").textValue()).toInstant().toEpochMilli());
          } catch (IOException error) {
            throw new UncheckedIOException(error);
          }
        };
    return Serdes.serdeFrom(write, read);
  }

  private static Serde<Hour> hours() {
    Serializer<Hour> write =
        (topic, hour) -> {
          byte[] id = hour.lastId().getBytes(java.nio.charset.StandardCharsets.UTF_8);
          return ByteBuffer.allocate(24 + id.length)
              .putLong(hour.count())
              .putLong(hour.sum())
              .putLong(hour.last())
              .put(id)
              .array();
        };
    Deserializer<Hour> read =
        (topic, bytes) -> {
          if (bytes == null) return null;
          ByteBuffer buffer = ByteBuffer.wrap(bytes);
          long count = buffer.getLong();
          long sum = buffer.getLong();
          long last = buffer.getLong();
          byte[] id = new byte[buffer.remaining()];
          buffer.get(id);
          return new Hour(count, sum, new String(id, java.nio.charset.StandardCharsets.UTF_8), last);
        };
    return Serdes.serdeFrom(write, read);
  }
}
