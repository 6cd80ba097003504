import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/**
 * Prints hardware faults and outcomes until it is stopped. At least once: what was printed after the last commit is printed again
 * after a crash, so whoever acts on events remembers the ce_id (with ce_source) of those that he acted on.
 */
public class Subscriber {
  public static void main(String[] args) {
    Map<String, String> environment = System.getenv();
    String user = environment.get("USER_NAME");
    Map<String, Object> settings =
        Map.ofEntries(
            Map.entry("bootstrap.servers", environment.get("BROKERS")),
            Map.entry("security.protocol", "SASL_SSL"),
            Map.entry("ssl.truststore.type", "PEM"),
            Map.entry("ssl.truststore.location", environment.get("AUTHORITY")),
            Map.entry("sasl.mechanism", "SCRAM-SHA-512"),
            Map.entry(
                "sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";"
                    .formatted(user, environment.get("PASSWORD"))),
            Map.entry("group.id", user + ".java"),
            Map.entry("auto.offset.reset", "earliest"),
            Map.entry("enable.auto.commit", "false"),
            Map.entry("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer"),
            Map.entry("value.deserializer", "io.apicurio.registry.serde.avro.AvroKafkaDeserializer"),
            // Confluent's wire format: a zero byte, four bytes of schema id, Avro. Apicurio's own has eight.
            Map.entry("apicurio.registry.url", environment.get("APICURIO")),
            Map.entry("apicurio.registry.as-confluent", "true"),
            Map.entry("apicurio.registry.use-id", "contentId"),
            Map.entry("apicurio.registry.headers.enabled", "false"));
    try (KafkaConsumer<String, GenericRecord> consumer = new KafkaConsumer<>(settings)) {
      consumer.subscribe(List.of("fault.hardware", "maintenance.outcomes"));
      while (true) {
        for (ConsumerRecord<String, GenericRecord> record : consumer.poll(Duration.ofSeconds(1))) {
          GenericRecord event = record.value();
          String what =
              record.topic().equals("fault.hardware")
                  ? event.get("type") + " " + event.get("change")
                  : event.get("workflow") + " " + event.get("outcome");
          System.out.println(header(record, "ce_id") + " " + record.key() + " " + what);
        }
        consumer.commitSync();
      }
    }
  }

  private static String header(ConsumerRecord<?, ?> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }
}
