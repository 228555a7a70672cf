package dev.woodpecker.runtime;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;

/** A timeline in the trace event format of Chromium's "Trace Event Format": complete events, times in microseconds. */
final class ChromeTrace {
    private ChromeTrace() {}

    static String of(List<Profile.Event> timeline) {
        long origin = timeline.stream()
                .mapToLong(Profile.Event::startNanoseconds)
                .min()
                .orElse(0);
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject()
                    .name("displayTimeUnit")
                    .value("ns")
                    .name("traceEvents")
                    .beginArray();
            for (Profile.Event event : timeline) {
                json.beginObject().name("name").value(event.name());
                json.name("cat").value(event.operator());
                json.name("ph").value("X");
                json.name("ts").value((event.startNanoseconds() - origin) * 1e-3);
                json.name("dur").value(event.nanoseconds() * 1e-3);
                json.name("pid").value(ProcessHandle.current().pid());
                json.name("tid").value(event.thread());
                json.endObject();
            }
            json.endArray().endObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}
