# Counts on from its last checkpoint, ten steps a second, with a checkpoint each second, until the file $1 is there.
# Prints "attempt step" for every step.
i=0
[ -z "$TENSORFLEET_RESUME_FROM" ] || i=$(cat "$TENSORFLEET_RESUME_FROM/step")
cd "$TENSORFLEET_CHECKPOINT_DIR" || exit 9
while [ ! -e "$1" ]; do
    i=$((i + 1))
    echo "$TENSORFLEET_ATTEMPT $i"
    if [ $((i % 10)) = 0 ]; then
        mkdir .new
        echo $i >.new/step
        mv .new "step-$i"
    fi
    sleep 0.1
done
