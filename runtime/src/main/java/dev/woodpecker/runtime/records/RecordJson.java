package dev.woodpecker.runtime.records;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.woodpecker.runtime.timing.Distribution;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Records as lines of JSON and back: {@code {"v":1,"kernel":"3f..","variant":"direct","shapes":{"x":[1,64,56,56],..},
 * "layouts":{..},"alignment":64,"numerics":"fp32","device":"..","threads":1,"trace":{..},"seconds":{..},"status":"ok",..}}.
 */
final class RecordJson {
    private static final int VERSION = 1;

    /** Of every tensor's first byte, which kernels may rely on. */
    private static final int ALIGNMENT_BYTES = 64;

    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private RecordJson() {}

    static String print(TuningRecord record) {
        RecordKey key = record.key();
        JsonObject line = new JsonObject();
        line.addProperty("v", VERSION);
        line.addProperty("kernel", key.kernel());
        line.addProperty("structure", key.structure());
        line.addProperty("name", record.name());
        line.addProperty("operator", record.operator());
        line.addProperty("variant", record.variant());
        line.add("shapes", GSON.toJsonTree(key.shapes()));
        line.add("layouts", GSON.toJsonTree(key.layouts()));
        line.add("constants", GSON.toJsonTree(key.constants()));
        line.addProperty("alignment", ALIGNMENT_BYTES);
        line.addProperty("numerics", key.numerics());
        line.addProperty("device", key.device());
        line.addProperty("threads", key.threads());
        line.addProperty("compiler", record.compiler());
        line.addProperty("date", record.date());
        record.trace().ifPresent(trace -> line.add("trace", JsonParser.parseString(trace)));
        record.seconds().ifPresent(seconds -> line.add("seconds", seconds(seconds)));
        line.addProperty("status", record.status().name().toLowerCase(Locale.ROOT));
        line.addProperty("confirmed", record.isConfirmed());
        line.addProperty("reason", record.reason());
        return GSON.toJson(line);
    }

    private static JsonObject seconds(Distribution seconds) {
        JsonObject object = new JsonObject();
        object.addProperty("median", seconds.median());
        object.addProperty("q1", seconds.q1());
        object.addProperty("q3", seconds.q3());
        object.addProperty("fastest", seconds.fastest());
        object.addProperty("n", seconds.count());
        return object;
    }

    /**
     * The record of a line.
     *
     * @throws IllegalArgumentException saying what is wrong, if it is no whole record of this version
     */
    static TuningRecord parse(String line) {
        try {
            JsonObject object = JsonParser.parseString(line).getAsJsonObject();
            int version = member(object, "v").getAsInt();
            if (version != VERSION) {
                throw new IllegalArgumentException(
                        "a record of version " + version + "; this program reads version " + VERSION);
            }
            return record(object);
        } catch (JsonParseException | IllegalStateException | ClassCastException | UnsupportedOperationException e) {
            // Gson adds lines of advice to programmers.
            String first = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new IllegalArgumentException("no record: " + first, e);
        }
    }

    private static TuningRecord record(JsonObject line) {
        RecordKey key = new RecordKey(
                text(line, "kernel"),
                text(line, "structure"),
                shapes(member(line, "shapes").getAsJsonObject()),
                texts(member(line, "layouts").getAsJsonObject()),
                member(line, "constants").getAsJsonArray().asList().stream()
                        .map(JsonElement::getAsString)
                        .toList(),
                text(line, "numerics"),
                text(line, "device"),
                member(line, "threads").getAsInt());
        if (member(line, "alignment").getAsInt() > ALIGNMENT_BYTES) {
            throw new IllegalArgumentException(
                    "measured with tensors aligned to " + line.get("alignment") + " bytes; here it is 64");
        }
        return new TuningRecord(
                key,
                text(line, "name"),
                text(line, "operator"),
                text(line, "variant"),
                Optional.ofNullable(line.get("trace")).map(JsonElement::toString),
                status(text(line, "status")),
                Optional.ofNullable(line.get("seconds"))
                        .map(JsonElement::getAsJsonObject)
                        .map(RecordJson::distribution),
                member(line, "confirmed").getAsBoolean(),
                text(line, "compiler"),
                text(line, "date"),
                text(line, "reason"));
    }

    private static Map<String, List<Long>> shapes(JsonObject object) {
        Map<String, List<Long>> shapes = new TreeMap<>();
        object.asMap()
                .forEach((name, extents) -> shapes.put(
                        name,
                        extents.getAsJsonArray().asList().stream()
                                .map(JsonElement::getAsLong)
                                .toList()));
        return shapes;
    }

    private static Map<String, String> texts(JsonObject object) {
        Map<String, String> texts = new TreeMap<>();
        object.asMap().forEach((name, text) -> texts.put(name, text.getAsString()));
        return texts;
    }

    private static Distribution distribution(JsonObject seconds) {
        return new Distribution(
                member(seconds, "median").getAsDouble(),
                member(seconds, "q1").getAsDouble(),
                member(seconds, "q3").getAsDouble(),
                member(seconds, "fastest").getAsDouble(),
                member(seconds, "n").getAsInt());
    }

    private static TuningRecord.Status status(String text) {
        for (TuningRecord.Status status : TuningRecord.Status.values()) {
            if (status.name().toLowerCase(Locale.ROOT).equals(text)) {
                return status;
            }
        }
        throw new IllegalArgumentException("status '" + text + "' is not known");
    }

    private static String text(JsonObject object, String name) {
        return member(object, name).getAsString();
    }

    private static JsonElement member(JsonObject object, String name) {
        JsonElement element = object.get(name);
        if (element == null) {
            throw new IllegalArgumentException("'" + name + "' is missing");
        }
        return element;
    }
}
