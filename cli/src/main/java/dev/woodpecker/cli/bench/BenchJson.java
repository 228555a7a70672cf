package dev.woodpecker.cli.bench;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.woodpecker.cli.bench.BenchRow.Timed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;

/** Rows as JSON Lines, each written as soon as it is known: the machine first, then one a model and number of threads. */
public final class BenchJson {
    private final Path file;

    /** Begins the file anew. */
    public BenchJson(Path file, Machine machine) {
        this.file = file;
        JsonObject first = new JsonObject();
        first.addProperty("date", LocalDate.now().toString());
        first.add("machine", new Gson().toJsonTree(machine));
        write(first, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
    }

    public void add(BenchRow row) {
        JsonObject json = new JsonObject();
        json.addProperty("model", row.model());
        json.addProperty("threads", row.threads());
        row.family().ifPresent(family -> json.addProperty("family", family.title()));
        json.addProperty("blocks", row.blocks());
        json.addProperty("runs", row.runs());
        row.failure().ifPresent(reason -> json.addProperty("failure", reason));
        row.peer().ifPresent(peer -> json.add("onnxruntime", json(peer)));
        JsonArray variants = new JsonArray();
        for (BenchRow.Column column : row.columns()) {
            JsonObject variant = column.timed().map(BenchJson::json).orElseGet(JsonObject::new);
            variant.addProperty("variant", column.variant());
            column.speed().ifPresent(speed -> variant.add("speed", new Gson().toJsonTree(speed)));
            if (column.tuningSeconds() > 0) {
                variant.addProperty("tuningSeconds", column.tuningSeconds());
            }
            column.wrong().ifPresent(reason -> variant.addProperty("wrong", reason));
            variants.add(variant);
        }
        json.add("woodpecker", variants);
        write(json, StandardOpenOption.APPEND);
    }

    private static JsonObject json(Timed timed) {
        JsonObject json = new JsonObject();
        json.addProperty("system", timed.system());
        json.addProperty("seconds", timed.median());
        json.add("interval", new Gson().toJsonTree(timed.interval()));
        json.add("blockSeconds", new Gson().toJsonTree(timed.blockSeconds()));
        json.addProperty("firstLoadSeconds", timed.firstLoadSeconds());
        json.addProperty("loadSeconds", timed.loadSeconds());
        json.addProperty("peakBytes", timed.memory().peakBytes());
        json.addProperty("residentBytes", timed.memory().residentBytes());
        return json;
    }

    private void write(JsonObject line, StandardOpenOption... options) {
        try {
            Files.writeString(file, line + "\n", StandardCharsets.UTF_8, options);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }
}
