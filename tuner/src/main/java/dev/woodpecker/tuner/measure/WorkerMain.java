package dev.woodpecker.tuner.measure;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;

/**
 * The process that runs candidates: takes jobs on standard input and answers on standard output. It is started by {@link
 * WorkerMeasurer} alone, and ends when its input does, whatever its generated code is doing then.
 */
public final class WorkerMain {
    private WorkerMain() {}

    /** Where jobs are done. */
    interface Bench extends AutoCloseable {
        void work(Job job) throws IOException;

        @Override
        void close();
    }

    /** Takes no arguments. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        serve(Worker::new);
    }

    /** Does jobs as they come, until there are no more or one of them throws. */
    static void serve(Function<Worker.Listener, Bench> bench) throws IOException, InterruptedException {
        DataOutputStream answers = new DataOutputStream(new BufferedOutputStream(StandardOutput.takeOver()));
        LinkedBlockingQueue<Job> jobs = new LinkedBlockingQueue<>();
        Thread reader = Thread.ofPlatform().daemon().name("jobs").unstarted(() -> read(jobs));
        reader.start();
        try (Bench worker = bench.apply(message -> Wire.send(message, answers))) {
            while (true) {
                worker.work(jobs.take());
            }
        }
    }

    private static void read(LinkedBlockingQueue<Job> jobs) {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(System.in))) {
            while (true) {
                jobs.add(Wire.job(in));
            }
        } catch (IOException end) {
            // The measurer is gone. Generated code may be running, and cannot be asked to stop.
            Runtime.getRuntime().halt(0);
        }
    }
}
