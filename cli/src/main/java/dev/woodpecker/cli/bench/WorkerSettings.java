package dev.woodpecker.cli.bench;

import com.google.gson.Gson;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.Vendors;
import java.util.List;
import java.util.Map;

/**
 * What a worker process runs: its only argument, as JSON.
 *
 * @param model an ONNX file; empty where the system is {@code IDLE}
 * @param inputs by name a {@code .npy} file
 * @param records files of tuning records that count; empty for those of the environment
 * @param spinning whether ONNX Runtime's threads look for work for a while before they sleep
 */
record WorkerSettings(
        TimedSystem.Kind system,
        String model,
        Map<String, String> inputs,
        int threads,
        Numerics numerics,
        List<String> records,
        boolean shippedRecords,
        Vendors vendors,
        boolean spinning) {

    String toJson() {
        return new Gson().toJson(this);
    }

    static WorkerSettings fromJson(String text) {
        return new Gson().fromJson(text, WorkerSettings.class);
    }
}
