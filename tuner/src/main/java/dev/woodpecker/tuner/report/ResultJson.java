package dev.woodpecker.tuner.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.woodpecker.compiler.schedule.TraceJson;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.run.TaskStatus;
import dev.woodpecker.tuner.run.TimedPoint;
import dev.woodpecker.tuner.run.TuningResult;
import java.util.Locale;

/** The result of a run for programs: one JSON document. Times are in seconds, speeds in 10^9 operations a second. */
public record ResultJson(Rates rates) {
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    public String print(TuningResult result) {
        JsonObject document = new JsonObject();
        document.addProperty("ending", result.ending().name().toLowerCase(Locale.ROOT));
        document.addProperty("secondsUsed", result.secondsUsed());
        document.addProperty("machine", rates.machine());
        document.addProperty("peak", rates.peak());
        document.addProperty("peakGigaflopsPerSecond", rates.peakGigaflopsPerSecond());
        document.addProperty("defaultSeconds", result.standardSeconds());
        document.addProperty("bestSeconds", result.bestSeconds());
        document.addProperty("unwrittenRecords", result.unkept());
        JsonArray tasks = new JsonArray();
        result.tasks().forEach(task -> tasks.add(task(task)));
        document.add("tasks", tasks);
        return GSON.toJson(document);
    }

    private JsonObject task(TaskStatus task) {
        JsonObject json = new JsonObject();
        json.addProperty("name", task.task().name());
        json.addProperty("operator", task.task().operator());
        json.addProperty("target", task.task().target().name());
        json.addProperty("numerics", task.task().numerics().text());
        json.addProperty("runs", task.task().weight());
        json.addProperty("trials", task.trials());
        json.addProperty("knownFromRecords", task.known());
        JsonObject failures = new JsonObject();
        task.failures()
                .forEach((failure, count) -> failures.addProperty(failure.name().toLowerCase(Locale.ROOT), count));
        json.add("failures", failures);
        json.addProperty("standing", task.standing().name().toLowerCase(Locale.ROOT));
        task.standard().ifPresent(seconds -> json.add("default", seconds(seconds)));
        task.best().ifPresent(best -> json.add("best", best(task, best)));
        return json;
    }

    private JsonObject best(TaskStatus task, TimedPoint best) {
        double median = best.seconds().median();
        JsonObject json = seconds(best.seconds());
        json.addProperty("gain", task.gain());
        json.addProperty("gigaflopsPerSecond", Rates.gigaflopsPerSecond(task.task(), median));
        json.addProperty("shareOfPeak", rates.percentOfPeak(task.task(), median) / 100);
        json.addProperty("variant", best.point().variant().name());
        if (best.point().result() instanceof SpacePoint.Scheduled scheduled) {
            json.add("trace", parsed(TraceJson.print(scheduled.trace())));
        }
        return json;
    }

    private static JsonElement parsed(String json) {
        return JsonParser.parseString(json);
    }

    private static JsonObject seconds(Distribution seconds) {
        JsonObject json = new JsonObject();
        json.addProperty("seconds", seconds.median());
        json.addProperty("firstQuartile", seconds.q1());
        json.addProperty("thirdQuartile", seconds.q3());
        json.addProperty("count", seconds.count());
        return json;
    }
}
