package dev.woodpecker.benchmarks.gpu;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonSyntaxException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a step has found so far, a line of JSON each, written as it comes: a process that ends in the middle loses nothing,
 * and the next one goes on behind the item that ended it.
 *
 * <pre>
 * {"item":"...","state":"started"}
 * {"item":"...","state":"stopped"}
 * {"item":"...","state":"done","row":{...}}
 * </pre>
 *
 * An item that was stopped, since the time of its step was up, is tried once more by the next run.
 */
final class StepJournal {
    /** Written where only numbers that JSON has are wanted: NaN and infinities fail. */
    static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private static final String ENDING = ".jsonl";
    private static final String STOPPED = "stopped";

    private final Path file;
    private final Map<String, JsonObject> rows = new LinkedHashMap<>();
    private final Set<String> started = new LinkedHashSet<>();
    private final Set<String> stopped = new HashSet<>();

    private StepJournal(Path file) {
        this.file = file;
    }

    /** What was written of a step so far; a torn last line does not count. */
    static StepJournal open(Path results, String step) {
        StepJournal journal = new StepJournal(results.resolve(step + ENDING));
        if (Files.exists(journal.file)) {
            try {
                Files.readAllLines(journal.file).forEach(journal::read);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read " + journal.file, e);
            }
        }
        return journal;
    }

    private void read(String line) {
        try {
            JsonObject entry = GSON.fromJson(line, JsonObject.class);
            if (entry != null && entry.has("item")) {
                String item = entry.get("item").getAsString();
                boolean isStop =
                        entry.has("state") && entry.get("state").getAsString().equals(STOPPED);
                if (isStop) {
                    started.remove(item);
                    stopped.add(item);
                    return;
                }
                started.add(item);
                if (entry.has("row")) {
                    rows.put(item, entry.getAsJsonObject("row"));
                }
            }
        } catch (JsonSyntaxException torn) {
            return; // the process ended while it wrote this line
        }
    }

    /** Whether an item has a row already. */
    boolean isDone(String item) {
        return rows.containsKey(item);
    }

    /** Whether an earlier process began with it and did not come to an end. */
    boolean wasFatal(String item) {
        return started.contains(item) && !isDone(item);
    }

    /** To be called before anything of the item is done. */
    void start(String item) {
        append(state(item, "started"));
        started.add(item);
    }

    /** Notes of what a process had begun that it was not to blame: it was ended from outside. Of one item once. */
    void stopAll() {
        for (String item : List.copyOf(started)) {
            if (!isDone(item) && stopped.add(item)) {
                append(state(item, STOPPED));
                started.remove(item);
            }
        }
    }

    private static JsonObject state(String item, String state) {
        JsonObject entry = new JsonObject();
        entry.addProperty("item", item);
        entry.addProperty("state", state);
        return entry;
    }

    /** The item's result: a record. */
    void finish(String item, Object row) {
        JsonElement json = GSON.toJsonTree(row);
        JsonObject entry = state(item, "done");
        entry.add("row", json);
        append(entry);
        rows.put(item, json.getAsJsonObject());
    }

    private void append(JsonObject entry) {
        try {
            Files.writeString(file, GSON.toJson(entry) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    /** Rows in the order in which they came. */
    <T> List<T> rows(Class<T> type) {
        List<T> all = new ArrayList<>();
        rows.values().forEach(row -> all.add(GSON.fromJson(row, type)));
        return all;
    }

    /** The row of one item. */
    <T> Optional<T> row(String item, Class<T> type) {
        return Optional.ofNullable(rows.get(item)).map(row -> GSON.fromJson(row, type));
    }

    /** How far a step is, to see whether a process that ended had come further than the one before. */
    int progress() {
        return started.size() + rows.size();
    }
}
