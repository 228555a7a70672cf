package dev.woodpecker.tuner.compare;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.cost.Feature;
import dev.woodpecker.tuner.cost.KernelFeatures;
import dev.woodpecker.tuner.measure.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Landscapes as JSON Lines: for each kernel a line that says what it is, followed by a line for each point.
 *
 * <pre>
 * {"kernel":"GEMM","operator":"MatMul","call":"a=512x512 b=512x512","target":"cpu:x86-64-v4","first_cache":32768,...}
 * {"choices":[["out.tile.rows",14,14],...],"seconds":[median,q1,q3,fastest,count],"features":[...]}
 * {"choices":[...],"failure":"CRASH","reason":"..."}
 * </pre>
 *
 * A choice is its name, what was chosen, and what would have been preferred. Features are in the order of the kernel's line.
 */
public final class LandscapeFile {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    /** Digits of features: enough to tell candidates apart. */
    private static final MathContext DIGITS = new MathContext(5);

    private LandscapeFile() {}

    /** The lines of a landscape. */
    public static List<String> lines(Landscape landscape) {
        List<String> lines = new ArrayList<>();
        JsonObject head = new JsonObject();
        head.addProperty("kernel", landscape.kernel().name());
        head.addProperty("operator", landscape.kernel().operator());
        head.addProperty("call", landscape.kernel().call());
        head.addProperty("target", landscape.target().name());
        head.addProperty("machine", landscape.machine());
        head.addProperty("first_cache", landscape.target().fastBytes());
        head.addProperty("second_cache", landscape.target().nearBytes());
        head.addProperty("cores", landscape.target().units());
        JsonArray shape = new JsonArray();
        landscape.shape().forEach(value -> shape.add(rounded(value)));
        head.add("shape", shape);
        JsonArray names = new JsonArray();
        List.of(Feature.values()).forEach(feature -> names.add(feature.name()));
        head.add("features", names);
        lines.add(GSON.toJson(head));
        landscape.entries().forEach(entry -> lines.add(GSON.toJson(json(entry))));
        return lines;
    }

    private static JsonObject json(Landscape.Entry entry) {
        JsonObject line = new JsonObject();
        JsonArray choices = new JsonArray();
        for (Landscape.Choice choice : entry.choices()) {
            JsonArray one = new JsonArray();
            one.add(choice.name());
            one.add(choice.value());
            one.add(choice.preferred());
            choices.add(one);
        }
        line.add("choices", choices);
        switch (entry.outcome()) {
            case Outcome.Timed(Distribution seconds) -> {
                JsonArray times = new JsonArray();
                times.add(rounded(seconds.median()));
                times.add(rounded(seconds.q1()));
                times.add(rounded(seconds.q3()));
                times.add(rounded(seconds.fastest()));
                times.add(seconds.count());
                line.add("seconds", times);
            }
            case Outcome.Failed(Outcome.Failure failure, String reason) -> {
                line.addProperty("failure", failure.name());
                line.addProperty("reason", reason);
            }
        }
        entry.features().ifPresent(features -> {
            JsonArray values = new JsonArray();
            List.of(Feature.values()).forEach(feature -> values.add(rounded(features.get(feature))));
            line.add("features", values);
        });
        return line;
    }

    private static BigDecimal rounded(double value) {
        return new BigDecimal(value).round(DIGITS).stripTrailingZeros();
    }

    /**
     * All landscapes of a file.
     *
     * @throws IllegalArgumentException naming the line that cannot be read
     */
    public static List<Landscape> read(Path file) throws IOException {
        List<Landscape> landscapes = new ArrayList<>();
        JsonObject head = new JsonObject();
        List<Landscape.Entry> entries = new ArrayList<>();
        int number = 0;
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            for (String line : reader.lines().toList()) {
                number++;
                JsonObject json = JsonParser.parseString(line).getAsJsonObject();
                if (json.has("kernel")) {
                    if (!entries.isEmpty()) {
                        landscapes.add(landscape(head, entries));
                    }
                    head = json;
                    entries = new ArrayList<>();
                } else {
                    entries.add(entry(head, json));
                }
            }
            landscapes.add(landscape(head, entries));
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(
                    "%s, line %d: no line of a landscape (%s); record it anew with: wpk search-compare --record"
                            .formatted(file, number, e.getMessage()),
                    e);
        }
        return landscapes;
    }

    private static Landscape landscape(JsonObject head, List<Landscape.Entry> entries) {
        ComparisonKernel kernel = new ComparisonKernel(
                head.get("kernel").getAsString(),
                head.get("operator").getAsString(),
                head.get("call").getAsString());
        Target target = Target.parse(head.get("target").getAsString())
                .with(
                        head.get("first_cache").getAsLong(),
                        head.get("second_cache").getAsLong(),
                        head.get("cores").getAsInt());
        List<Double> shape = new ArrayList<>();
        head.getAsJsonArray("shape").forEach(value -> shape.add(value.getAsDouble()));
        return new Landscape(kernel, target, head.get("machine").getAsString(), shape, entries);
    }

    private static Landscape.Entry entry(JsonObject head, JsonObject line) {
        List<Landscape.Choice> choices = new ArrayList<>();
        line.getAsJsonArray("choices").forEach(element -> {
            JsonArray one = element.getAsJsonArray();
            choices.add(new Landscape.Choice(
                    one.get(0).getAsString(), one.get(1).getAsLong(), one.get(2).getAsLong()));
        });
        Outcome outcome;
        if (line.has("seconds")) {
            JsonArray times = line.getAsJsonArray("seconds");
            outcome = new Outcome.Timed(new Distribution(
                    times.get(0).getAsDouble(),
                    times.get(1).getAsDouble(),
                    times.get(2).getAsDouble(),
                    times.get(3).getAsDouble(),
                    times.get(4).getAsInt()));
        } else {
            outcome = new Outcome.Failed(
                    Outcome.Failure.valueOf(line.get("failure").getAsString()),
                    line.get("reason").getAsString());
        }
        Optional<KernelFeatures> features = line.has("features")
                ? Optional.of(features(head.getAsJsonArray("features"), line.getAsJsonArray("features")))
                : Optional.empty();
        return new Landscape.Entry(choices, outcome, features);
    }

    private static KernelFeatures features(JsonArray names, JsonArray values) {
        Map<Feature, Double> found = new EnumMap<>(Feature.class);
        for (int i = 0; i < names.size(); i++) {
            found.put(Feature.valueOf(names.get(i).getAsString()), values.get(i).getAsDouble());
        }
        return new KernelFeatures(found);
    }
}
