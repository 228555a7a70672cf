package dev.woodpecker.runtime;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One run of a model in a recording of Java's Flight Recorder, if that asks for it by name. */
@Name("dev.woodpecker.Run")
@Label("Run")
@Category("Woodpecker")
@Enabled(false)
@StackTrace(false)
final class RunEvent extends Event {
    @Label("Model")
    String model = "";

    void commit(Model ran) {
        if (shouldCommit()) {
            model = ran.name();
            commit();
        }
    }
}
