package dev.woodpecker.tuner.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.woodpecker.compiler.schedule.TraceJson;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.runtime.device.cuda.KernelResources;
import dev.woodpecker.tuner.cost.cuda.CudaRanking.Ranked;
import dev.woodpecker.tuner.cost.cuda.CudaRanking.Result;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The ranking of schedules for a GPU that is not at hand, which it says plainly. */
public final class RankingReport {
    /** What the reader must not take for a measurement. */
    public static final String NOTHING_TIMED =
            "Nothing was timed: there is no GPU here. Schedules are ranked by arithmetic, with the registers, spills"
                    + " and shared memory that the PTX compiler reports.";

    private static final String FORMAT = "%-44s %11s %11s %6s %10s %8s %10s %6s %8s %6s%n";

    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private RankingReport() {}

    public static void print(List<Result> results, PrintWriter out) {
        out.printf(
                FORMAT,
                "task",
                "default",
                "best",
                "gain",
                "variant",
                "registers",
                "occupancy",
                "looked",
                "compiled",
                "spill");
        for (Result result : results) {
            out.printf(
                    FORMAT,
                    result.task().name(),
                    result.standard().map(r -> Rates.time(r.modelSeconds())).orElse("-"),
                    result.best().map(r -> Rates.time(r.modelSeconds())).orElse("-"),
                    gain(result) > 0 ? String.format(Locale.ROOT, "%.2f", gain(result)) : "-",
                    result.best().map(r -> r.point().variant().name()).orElse("-"),
                    result.best().map(RankingReport::registers).orElse("-"),
                    result.best().map(RankingReport::occupancy).orElse("-"),
                    result.looked(),
                    result.ranking().size() + result.spilling(),
                    result.spilling());
        }
        out.println(NOTHING_TIMED);
    }

    /** By the model; 0 where it is not known. */
    private static double gain(Result result) {
        return result.standard().isPresent() && result.best().isPresent()
                ? result.standard().get().modelSeconds() / result.best().get().modelSeconds()
                : 0;
    }

    private static String registers(Ranked ranked) {
        return String.valueOf(ranked.resources().stream()
                .mapToInt(KernelResources::registers)
                .max()
                .orElse(0));
    }

    private static String occupancy(Ranked ranked) {
        double least = ranked.occupancy().stream()
                .mapToDouble(Double::doubleValue)
                .min()
                .orElse(0);
        return String.format(Locale.ROOT, "%.0f %%", 100 * least);
    }

    /** For the head of an emitted source: what is known of it, a line each. */
    public static List<String> figures(Ranked ranked) {
        List<String> lines = new ArrayList<>(List.of("nothing was timed; by arithmetic "
                + Rates.time(ranked.modelSeconds()) + ", to compare with other schedules of this kernel only"));
        for (int i = 0; i < ranked.resources().size(); i++) {
            KernelResources used = ranked.resources().get(i);
            lines.add(String.format(
                    Locale.ROOT,
                    "%s: %d registers a thread, %s, %d bytes of shared memory, occupancy %.0f %%",
                    used.kernel(),
                    used.registers(),
                    used.spills()
                            ? "spills of " + (used.spillStoreBytes() + used.spillLoadBytes()) + " bytes"
                            : "no spills",
                    used.sharedBytes(),
                    100 * ranked.occupancy().get(i)));
        }
        return lines;
    }

    /** One JSON document. */
    public static String json(List<Result> results) {
        JsonObject document = new JsonObject();
        document.addProperty("timed", false);
        document.addProperty("note", NOTHING_TIMED);
        JsonArray tasks = new JsonArray();
        for (Result result : results) {
            JsonObject task = new JsonObject();
            task.addProperty("name", result.task().name());
            task.addProperty("target", result.task().target().name());
            task.addProperty("looked", result.looked());
            task.addProperty("spilling", result.spilling());
            JsonObject failures = new JsonObject();
            result.failures()
                    .forEach((failure, count) ->
                            failures.addProperty(failure.name().toLowerCase(Locale.ROOT), count));
            task.add("failures", failures);
            result.standard().ifPresent(ranked -> task.add("default", json(ranked)));
            result.best().ifPresent(ranked -> task.add("best", json(ranked)));
            tasks.add(task);
        }
        document.add("tasks", tasks);
        return GSON.toJson(document);
    }

    private static JsonObject json(Ranked ranked) {
        JsonObject json = new JsonObject();
        json.addProperty("modelSeconds", ranked.modelSeconds());
        json.addProperty("variant", ranked.point().variant().name());
        JsonArray phases = new JsonArray();
        for (int i = 0; i < ranked.resources().size(); i++) {
            KernelResources used = ranked.resources().get(i);
            JsonObject phase = new JsonObject();
            phase.addProperty("kernel", used.kernel());
            phase.addProperty("registers", used.registers());
            phase.addProperty("sharedBytes", used.sharedBytes());
            phase.addProperty("spillBytes", used.spillStoreBytes() + used.spillLoadBytes());
            phase.addProperty("occupancy", ranked.occupancy().get(i));
            phases.add(phase);
        }
        json.add("phases", phases);
        if (ranked.point().result() instanceof SpacePoint.Scheduled scheduled) {
            json.add("trace", JsonParser.parseString(TraceJson.print(scheduled.trace())));
        }
        return json;
    }
}
